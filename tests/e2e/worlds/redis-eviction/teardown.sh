rc shutdown nosave

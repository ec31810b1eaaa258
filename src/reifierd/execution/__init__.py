"""Steps as processes of the system, and the guard's judgement in a worker that can be killed."""

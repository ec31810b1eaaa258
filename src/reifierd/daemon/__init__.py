"""The long-running program: wires the loops to their timers and wake-ups, and decides nothing itself."""

"""Traced and compiled programs, kept on disk between processes.

Tracing and compiling take most of the time of a short command. `kept` stands where `filter_jit`
would: where a folder of programs is in use, what was traced once is read from there, and JAX keeps
its machine code beside it. `keep_programs` puts one in use, which every command does.
"""

from dmjax.programs.folder import keep_programs as keep_programs
from dmjax.programs.folder import programs_folder as programs_folder
from dmjax.programs.kept import kept as kept
from dmjax.programs.values import kept_value as kept_value

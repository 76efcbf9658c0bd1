namespace OrleansTasks.System.Tests.Running;

/// <summary>Runs a program on a real terminal of a given size.</summary>
internal static class Terminal
{
    // Gives the program a terminal, types the keys once the text has been shown, and prints all that it wrote.
    private const string Harness = """
        import fcntl, os, pty, struct, sys, termios
        columns, lines, text, keys = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode(), sys.argv[4].encode()
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.environ["TERM"] = "xterm"
            os.execv(sys.argv[5], sys.argv[5:])
        written = b""
        typed = not keys
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            written += piece
            if not typed and text in written:
                typed = True
                os.write(terminal, keys)
        sys.stdout.buffer.write(written)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
        """;

    /// <summary>Runs a program to its end.</summary>
    /// <param name="columns">The terminal's width.</param>
    /// <param name="whenShown">Once this text has been shown, the keys are typed.</param>
    /// <param name="keys">What is typed; empty for nothing.</param>
    /// <param name="command">The program and its arguments.</param>
    public static Task<Finished> Run(int columns, string whenShown, string keys, params string[] command) => Finished.Run(
        "python3", ["-c", Harness, $"{columns}", "30", whenShown, keys, .. command]);
}

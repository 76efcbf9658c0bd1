namespace OrleansTasks.Worker.Processes;

/// <summary>The names of the signals on Linux (x64 and arm64 number them alike).</summary>
internal static class SignalNames
{
    private static readonly string[] Names =
    [
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR",
        "SIGSYS",
    ];

    /// <summary>The name of a signal; real-time ones are SIGRTMIN and SIGRTMIN+n, counted from 34 as the C library does.</summary>
    internal static string Of(int signal) => signal < Names.Length
        ? Names[signal]
        : signal == 34 ? "SIGRTMIN" : signal >= 34 ? $"SIGRTMIN+{signal - 34}" : $"SIG{signal}";
}

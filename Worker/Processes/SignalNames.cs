using System.Globalization;

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

    private const int FirstRealTime = 34;

    /// <summary>The number of a signal by its name, as <see cref="Of"/> gives it; 0 when it is none.</summary>
    internal static int NumberOf(string? name) =>
        Array.IndexOf(Names, name) is var number and > 0 ? number
        : name == "SIGRTMIN" ? FirstRealTime
        : After(name, "SIGRTMIN+") is { } more ? FirstRealTime + more
        : After(name, "SIG") ?? 0;

    /// <summary>The name of a signal; real-time ones are SIGRTMIN and SIGRTMIN+n, counted from 34 as the C library does.</summary>
    internal static string Of(int signal) => signal < Names.Length
        ? Names[signal]
        : signal == FirstRealTime ? "SIGRTMIN" : signal > FirstRealTime ? $"SIGRTMIN+{signal - FirstRealTime}" : $"SIG{signal}";

    private static int? After(string? name, string beginning) =>
        name?.StartsWith(beginning, StringComparison.Ordinal) == true
        && int.TryParse(name.AsSpan(beginning.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

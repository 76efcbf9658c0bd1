using System.Globalization;

namespace OrleansTasks.Worker.Processes;

/// <summary>The names of the signals on Linux. Their numbers are the same on x64 and arm64.</summary>
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

    /// <summary>
    /// Returns the number of a signal from a name that <see cref="Of"/> returns; 0 if there is no such signal.
    /// </summary>
    internal static int NumberOf(string? name) =>
        Array.IndexOf(Names, name) is var number and > 0 ? number
        : name == "SIGRTMIN" ? FirstRealTime
        : After(name, "SIGRTMIN+") is { } more ? FirstRealTime + more
        : After(name, "SIG") ?? 0;

    /// <summary>
    /// Returns the name of a signal. Real-time signals are SIGRTMIN and SIGRTMIN+n, counted from 34 like in the C
    /// library.
    /// </summary>
    internal static string Of(int signal) => signal < Names.Length
        ? Names[signal]
        : signal == FirstRealTime ? "SIGRTMIN" : signal > FirstRealTime ? $"SIGRTMIN+{signal - FirstRealTime}" : $"SIG{signal}";

    private static int? After(string? name, string beginning) =>
        name?.StartsWith(beginning, StringComparison.Ordinal) == true
        && int.TryParse(name.AsSpan(beginning.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

using System.Text;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>The answer of an engine's program.</summary>
/// <param name="IsDone">Whether it exited with 0.</param>
/// <param name="Output">The first part of its output.</param>
/// <param name="Fault">The last line of its error output, or how it ended.</param>
internal readonly record struct EngineAnswer(bool IsDone, string Output, string Fault);

/// <summary>Runs the engine's program as the worker's own user, outside of all containers.</summary>
/// <param name="start">Starts a command of the worker itself, until the host closes.</param>
/// <param name="startLast">Starts one that the end of another command waits for, even while the host closes.</param>
internal sealed class EngineCalls(
    Func<StartRequest, IRunningProcess> start, Func<StartRequest, IRunningProcess> startLast)
{
    // docker ends its messages with such a line, which does not describe the fault.
    private static readonly string[] Hints = ["Run 'docker ", "See 'docker "];

    // podman's messages begin with the first prefix, docker's with the others.
    private static readonly string[] Prefixes = ["Error: ", "docker: ", "Error response from daemon: "];

    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    // These tell the engine where its settings, its storage, its daemon and its proxies are.
    private static readonly string[] Inherited =
    [
        "PATH", "HOME", "LANG", "TMPDIR", "DBUS_SESSION_BUS_ADDRESS", "REGISTRY_AUTH_FILE", "STORAGE_DRIVER",
        "STORAGE_OPTS", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ];

    private static readonly string[] InheritedPrefixes = ["XDG_", "CONTAINERS_", "CONTAINER_", "DOCKER_", "PODMAN_"];
    private static readonly string[] Proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"];

    /// <summary>The engine's environment: those variables of the worker that concern the engine.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Environment { get; } =
    [
        .. global::System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(static entry => new KeyValuePair<string, string>((string)entry.Key, (string?)entry.Value ?? ""))
            .Where(static entry => Inherited.Contains(entry.Key) || Proxies.Contains(entry.Key.ToUpperInvariant())
                || InheritedPrefixes.Any(prefix => entry.Key.StartsWith(prefix, StringComparison.Ordinal))),
    ];

    /// <summary>Runs the program and waits for its end.</summary>
    /// <param name="line">The program and its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="timeout">How long it may take; null for two minutes.</param>
    /// <exception cref="ObjectDisposedException">The host has begun to close.</exception>
    internal Task<EngineAnswer> RunAsync(
        IReadOnlyList<string> line, ReadOnlyMemory<byte> input = default, TimeSpan? timeout = null) =>
        AnswerAsync(start(Request(line) with { Input = input, Timeout = timeout ?? Usual }));

    /// <summary>
    /// As <see cref="RunAsync"/>, to complete the end of a command: the host does not close before that.
    /// </summary>
    internal Task<EngineAnswer> RunLastAsync(IReadOnlyList<string> line) => AnswerAsync(startLast(Request(line)));

    /// <summary>Returns the last line of a stream that describes a fault; null if there is none.</summary>
    internal static string? LastLine(StreamCapture stream)
    {
        var line = Encoding.UTF8.GetString(stream.Tail.Span)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(static line => !Hints.Any(hint => line.StartsWith(hint, StringComparison.Ordinal)));
        foreach (var prefix in Prefixes)
            if (line is not null && line.StartsWith(prefix, StringComparison.Ordinal)) line = line[prefix.Length..];
        return line;
    }

    private StartRequest Request(IReadOnlyList<string> line) => new()
    {
        Arguments = line, Environment = Environment, WorkingDirectory = "/", Timeout = Usual, IsOfWorker = true,
    };

    private static async Task<EngineAnswer> AnswerAsync(IRunningProcess process)
    {
        var outcome = await process.Completion.ConfigureAwait(false);
        var fault = outcome.Reason == ProcessEndReason.Timeout
            ? "it did not answer in time"
            : outcome.Message ?? LastLine(outcome.StandardError)
                ?? $"it ended by {outcome.Signal ?? $"exit code {outcome.ExitCode}"}";
        return new(
            outcome is { Reason: ProcessEndReason.Exit, ExitCode: 0 },
            Encoding.UTF8.GetString(outcome.StandardOutput.Head.Span), fault);
    }
}

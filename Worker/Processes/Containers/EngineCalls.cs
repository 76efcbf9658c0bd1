using System.Text;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>What an engine's program has answered.</summary>
/// <param name="IsDone">Whether it exited with 0.</param>
/// <param name="Output">The first part of its output.</param>
/// <param name="Fault">The last line of what it says went wrong.</param>
internal readonly record struct EngineAnswer(bool IsDone, string Output, string Fault);

/// <summary>Runs the engine's program, as the worker's own user and outside of all containers.</summary>
/// <param name="start">Starts a command of the worker itself.</param>
internal sealed class EngineCalls(Func<StartRequest, IRunningProcess> start)
{
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    // Where the engine finds its settings, its storage, its daemon and its proxies.
    private static readonly string[] Inherited =
        ["PATH", "HOME", "LANG", "TMPDIR", "DBUS_SESSION_BUS_ADDRESS", "REGISTRY_AUTH_FILE", "STORAGE_DRIVER", "STORAGE_OPTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    private static readonly string[] InheritedPrefixes = ["XDG_", "CONTAINERS_", "CONTAINER_", "DOCKER_", "PODMAN_"];
    private static readonly string[] Proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"];

    /// <summary>The environment of the engine: the worker's own, as far as it is about the engine.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Environment { get; } =
    [
        .. global::System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(static entry => new KeyValuePair<string, string>((string)entry.Key, (string?)entry.Value ?? ""))
            .Where(static entry => Inherited.Contains(entry.Key) || Proxies.Contains(entry.Key.ToUpperInvariant())
                || InheritedPrefixes.Any(prefix => entry.Key.StartsWith(prefix, StringComparison.Ordinal))),
    ];

    /// <summary>Runs it and waits for its end.</summary>
    /// <param name="line">The program and its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="timeout">When it is killed; null for two minutes.</param>
    internal async Task<EngineAnswer> RunAsync(IReadOnlyList<string> line, ReadOnlyMemory<byte> input = default, TimeSpan? timeout = null)
    {
        var outcome = await start(new StartRequest
        {
            Arguments = line, Environment = Environment, WorkingDirectory = "/", Input = input, Timeout = timeout ?? Usual, IsOfWorker = true,
        }).Completion.ConfigureAwait(false);
        var fault = outcome.Reason == ProcessEndReason.Timeout
            ? "it did not answer in time"
            : outcome.Message ?? LastLine(outcome.StandardError) ?? $"it ended by {outcome.Signal ?? $"exit code {outcome.ExitCode}"}";
        return new(outcome is { Reason: ProcessEndReason.Exit, ExitCode: 0 }, Encoding.UTF8.GetString(outcome.StandardOutput.Head.Span), fault);
    }

    /// <summary>Returns the last line of a stream that says something; null if there is none.</summary>
    internal static string? LastLine(StreamCapture stream)
    {
        var lines = Encoding.UTF8.GetString(stream.Tail.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.LastOrDefault() is not { } line ? null
            : line.StartsWith("Error: ", StringComparison.Ordinal) ? line["Error: ".Length..] : line;
    }
}

using System.Text;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>Why an engine did not start a container.</summary>
/// <param name="Text">The engine's message.</param>
/// <param name="IsOfImage">Whether the engine does not have the image.</param>
internal readonly record struct EngineFault(string Text, bool IsOfImage)
{
    /// <summary>The lowest exit code with which an engine reports a fault of its own.</summary>
    internal const int Lowest = OfEngine;

    private const int OfEngine = 125, NotExecutable = 126, NotFound = 127;

    /// <summary>
    /// Returns why the command has not started; null if it has. A command may end with the same exit codes as the
    /// engines. So podman's process file decides, and the form of docker's messages.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="outcome">How the engine's program ended.</param>
    /// <param name="hasProcess">Whether the file with the process id exists.</param>
    internal static EngineFault? Of(ContainerEngine engine, ProcessOutcome outcome, bool hasProcess)
    {
        if (outcome is not { Reason: ProcessEndReason.Exit, ExitCode: > 0 and { } code }) return null;
        var text = Encoding.UTF8.GetString(outcome.StandardError.Tail.Span);
        // The engine's first process starts the command, and fails if the command cannot start.
        if (OfInit(text) is { } unstarted) return new(unstarted, IsOfImage: false);
        if (code is not (OfEngine or NotExecutable or NotFound)) return null;
        var isOfEngine = engine.Kind == EngineKind.Podman
            ? !hasProcess
            : text.Split('\n').Any(static line => line.StartsWith("docker: ", StringComparison.Ordinal));
        if (!isOfEngine) return null;
        var line = EngineCalls.LastLine(outcome.StandardError) ?? $"{engine.Name} ended with exit code {code}";
        return new(line, code == OfEngine
            && (line.Contains("image not known", StringComparison.Ordinal)
                || line.Contains("No such image", StringComparison.OrdinalIgnoreCase)));
    }

    // podman: "ERROR (catatonit:6): failed to exec pid1: No such file or directory".
    // docker: "[FATAL tini (7)] exec x failed: No such file or directory".
    private static string? OfInit(string text)
    {
        var line = text.TrimEnd().Split('\n')[^1];
        return After(line, "ERROR (catatonit:", "failed to exec pid1: ") ?? After(line, "[FATAL tini (", " failed: ");
    }

    private static string? After(string line, string start, string mark) =>
        line.StartsWith(start, StringComparison.Ordinal)
        && line.LastIndexOf(mark, StringComparison.Ordinal) is > 0 and var at
            ? line[(at + mark.Length)..]
            : null;
}

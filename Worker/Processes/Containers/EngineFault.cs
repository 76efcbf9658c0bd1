using System.Text;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>What an engine says if a container did not start.</summary>
/// <param name="Text">Its message.</param>
/// <param name="IsOfImage">Whether it does not have the image.</param>
internal readonly record struct EngineFault(string Text, bool IsOfImage)
{
    /// <summary>The lowest exit code by which an engine may mean itself.</summary>
    internal const int Lowest = OfEngine;

    private const int OfEngine = 125, NotExecutable = 126, NotFound = 127;

    /// <summary>
    /// Returns why the command has not started; null if it has. The engines tell that only by exit codes that a command
    /// may have too, so for podman it takes the file with the process id, and for docker the form of its messages.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="outcome">How the engine's program ended.</param>
    /// <param name="hasProcess">Whether the file with the process id exists.</param>
    internal static EngineFault? Of(ContainerEngine engine, ProcessOutcome outcome, bool hasProcess)
    {
        if (outcome is not { Reason: ProcessEndReason.Exit, ExitCode: > 0 and { } code }) return null;
        var text = Encoding.UTF8.GetString(outcome.StandardError.Tail.Span);
        // The engine's first process starts the command, and fails if it cannot.
        if (engine.HasInit && OfInit(text) is { } unstarted) return new(unstarted, IsOfImage: false);
        if (code is not (OfEngine or NotExecutable or NotFound)) return null;
        var isOfEngine = engine.Kind == EngineKind.Podman
            ? !hasProcess
            : code == OfEngine || text.Contains("docker: ", StringComparison.Ordinal);
        if (!isOfEngine) return null;
        var line = EngineCalls.LastLine(outcome.StandardError) ?? $"{engine.Name} ended with exit code {code}";
        return new(line, code == OfEngine
            && (line.Contains("image not known", StringComparison.Ordinal) || line.Contains("No such image", StringComparison.OrdinalIgnoreCase)));
    }

    // catatonit: "ERROR (catatonit:6): failed to exec pid1: No such file or directory"; tini: "[FATAL tini (7)] exec x failed: …".
    private static string? OfInit(string text)
    {
        var line = text.TrimEnd().Split('\n')[^1];
        const string Podman = "failed to exec pid1: ";
        if (line.StartsWith("ERROR (catatonit:", StringComparison.Ordinal) && line.IndexOf(Podman, StringComparison.Ordinal) is > 0 and var at)
            return line[(at + Podman.Length)..];
        return line.StartsWith("[FATAL tini (", StringComparison.Ordinal) && line.Contains(" failed: ", StringComparison.Ordinal)
            ? line[(line.LastIndexOf(" failed: ", StringComparison.Ordinal) + " failed: ".Length)..]
            : null;
    }
}

using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>What one Report call says, and the attempts it says it of.</summary>
internal sealed class ReportBatch
{
    /// <summary>The message; the sender sets node and session.</summary>
    internal Progress Message { get; } = new();

    /// <summary>Attempts whose start it reports.</summary>
    internal List<Attempt> Started { get; } = [];

    /// <summary>Attempts whose result or refusal it reports.</summary>
    internal List<Attempt> Over { get; } = [];
}

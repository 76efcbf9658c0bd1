using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Rollouts;

/// <summary>A rollout as its users asked for it, and as the commits have made it.</summary>
/// <param name="queue">The queue of its tasks.</param>
/// <param name="request">The request that starts it.</param>
internal sealed class KnownRollout(string queue, RolloutRequest request)
{
    public string Queue => queue;

    public RolloutRequest Request => request;

    public RolloutPlan Plan { get; } = RolloutSpecReader.ReadStored(request.Spec.Span).Plan;

    /// <summary>How many nodes may fail.</summary>
    public int MostFailed => Plan.MaxFailed.RoundedDown(request.Nodes.Length);

    /// <summary>Everything that was stored of it, one entry for each commit that changed it; the latest last.</summary>
    public List<RolloutVersion> Versions { get; } = [RolloutVersion.None];

    public RolloutVersion Latest => Versions[^1];

    /// <summary>The tasks that each node was given, by place.</summary>
    public List<TaskId>[] Tasks { get; } = [.. request.Nodes.Select(static _ => new List<TaskId>())];

    /// <summary>How many nodes had run the command when the wave began.</summary>
    public int Ran { get; set; }

    /// <summary>How often a user asked for something, by <see cref="RolloutAction"/>.</summary>
    public int[] Asked { get; } = new int[4];

    /// <summary>How often it was done.</summary>
    public int[] Done { get; } = new int[4];

    public bool IsOpen => Latest.IsThere && !Latest.Row.State.IsFinal();

    public override string ToString() => $"{queue} {Latest.Row}: {string.Join(", ", Latest.Nodes)}";
}

/// <summary>A rollout as it was after a commit; the nodes come by place.</summary>
/// <param name="Row">The row.</param>
/// <param name="Nodes">The nodes by place.</param>
/// <param name="Retries">How often it was retried until then.</param>
/// <param name="IsThere">Whether the store has it.</param>
internal sealed record RolloutVersion(
    RolloutRow Row, ImmutableArray<RolloutNodeRow> Nodes, int Retries = 0, bool IsThere = true)
{
    /// <summary>Nothing is stored.</summary>
    public static RolloutVersion None { get; } = new(new RolloutRow(0, default, "", 0, 0, false), [], IsThere: false);
}

/// <summary>A call about a rollout: the version when it began, and how often replaced owners had answered.</summary>
/// <param name="Rollout">The rollout.</param>
/// <param name="From">The place of that version.</param>
/// <param name="AnswersOfReplaced">The answers by owners of its queue that were replaced without knowing it.</param>
internal sealed record RolloutCall(KnownRollout Rollout, int From, int AnswersOfReplaced)
{
    /// <summary>Whether something holds for a version that was stored while the call was under way.</summary>
    public bool Any(Func<RolloutVersion, bool> holds) => Rollout.Versions.Skip(From).Any(holds);
}

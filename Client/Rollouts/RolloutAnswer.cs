using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Processing.Text;
using OrleansTasks.Rollouts;

namespace OrleansTasks.Client.Rollouts;

/// <summary>A rollout, as the HTTP contract shows it. What comes from its body is null if the stored body cannot be read.</summary>
[Schema("Rollout"), Description("A command that nodes get in waves.")]
internal sealed class RolloutAnswer
{
    private readonly RolloutView rollout;
    private readonly RolloutSpec? spec;

    private RolloutAnswer(RolloutView rollout) => (this.rollout, spec) = (rollout, Read(rollout));

    [RefersTo("Id")]
    public string Id => rollout.Id.ToString();

    [Description("The name; by default the task's.")]
    public string Name => rollout.Name;

    [Description("The queue that runs the rollout: its task's.")]
    public string Queue => rollout.Queue;

    [Description("halted: too many nodes failed, and nothing more is started until someone resumes, retries or cancels.")]
    public RolloutState State => rollout.State;

    [Description("The current wave; the first is 1."), Range(1, double.PositiveInfinity)]
    public long Wave => rollout.Wave;

    [Description("The labels that a node must carry to be selected.")]
    public LabelMap? Select => spec?.Select;

    [RefersTo("RolloutShare", IsOfItems = true), Description("Rising totals of nodes.")]
    public IEnumerable<RolloutShare>? Waves => spec?.Plan.Waves;

    [RefersTo("RolloutShare"), Description("How many nodes may fail before nothing more is started.")]
    public RolloutShare? MaxFailed => spec?.Plan.MaxFailed;

    [Description("The time between the end of a wave and the start of the next.")]
    public string? Pause => Text(spec?.Plan.Pause);

    [Description("How long after the start a node that was away still gets the command when it is back.")]
    public string? CatchUp => Text(spec?.Plan.CatchUp);

    [Description("During a pause between waves: when the next one begins.")]
    public Timestamp? NextWaveAt => spec is not null && rollout is { State: RolloutState.Running, WaveEndedAt: > 0, CancelRequestedAt: 0 }
        && rollout.ByState[(int)RolloutNodeState.Pending] > 0 ? rollout.WaveEndedAt + spec.Plan.Pause : null;

    [RefersTo("TaskSpec"), Description("The task as submitted, without secretEnv.")]
    public StoredJson? Task => spec is null ? null : new StoredJson(spec.Extent.CopySpec(rollout.Spec.Span));

    [Description("The number of nodes in each state.")]
    public RolloutCountsAnswer Nodes => new(
        Count(RolloutNodeState.Pending), Count(RolloutNodeState.Away), Count(RolloutNodeState.Open), Count(RolloutNodeState.Succeeded),
        Count(RolloutNodeState.Failed));

    [Description("When the rollout was started.")]
    public Timestamp CreatedAt => rollout.Id.CreatedAt;

    [Description("When the rollout ended.")]
    public Timestamp? EndedAt => Reached(rollout.EndedAt);

    [Description("When its cancellation was requested.")]
    public Timestamp? CancelRequestedAt => Reached(rollout.CancelRequestedAt);

    /// <summary>The example of the contract.</summary>
    public static RolloutAnswer Example => Of(new RolloutView(
        Examples.Id, "default", "update", RolloutState.Running, 1, [9, 0, 1, 0, 0],
        """{"task":{"cmd":"touch /tmp/updated"},"select":{"role":"web"},"waves":[1,"10%","100%"],"maxFailed":"5%","pause":"5m","catchUp":"1d"}"""u8
            .ToArray()));

    /// <summary>Returns the answer of a rollout.</summary>
    public static RolloutAnswer Of(RolloutView rollout) => new(rollout);

    /// <summary>Returns a time of an answer; null for 0, which means not reached.</summary>
    internal static Timestamp? Reached(long time) => time == 0 ? null : time;

    private long Count(RolloutNodeState state) => rollout.ByState[(int)state];

    private static string? Text(long? milliseconds) =>
        milliseconds is { } known ? Durations.Format(TimeSpan.FromMilliseconds(known)) : null;

    private static RolloutSpec? Read(RolloutView rollout)
    {
        try
        {
            return RolloutSpecReader.ReadStored(rollout.Spec.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>The number of nodes in each state, as the HTTP contract shows it.</summary>
internal sealed record RolloutCountsAnswer(
    [property: Description("Their turn has not come.")]
    long Pending,
    [property: Description("They took no work when their turn came.")]
    long Away,
    [property: Description("Their tasks have not ended.")]
    long Open,
    [property: Description("Their tasks have succeeded.")]
    long Succeeded,
    [property: Description("Their tasks have failed.")]
    long Failed);

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Queues;

/// <summary>
/// A change to a queue's settings. A null property leaves its setting unchanged. It is also the body of the call that
/// changes a queue.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.QueueChange")]
[Schema("QueueChange"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("A change of a queue. Omitted settings stay as they are; null sets the default.")]
public sealed record QueueChange(
    [property: Description("How tasks are spread over nodes.")]
    [property: Id(0), JsonPropertyName("strategy"), WhenNull(Queues.Placement.LeastLoaded)] Placement? Placement)
{
    /// <summary>Pauses (true) or resumes (false) the queue.</summary>
    [Description("Whether the queue assigns no tasks; running tasks continue. In effect once the call has answered.")]
    [Id(1), WhenNull(false)]
    public bool? Paused { get; init; }

    /// <summary>The new <see cref="QueueSettings.MaxRunning"/>; 0 removes the limit.</summary>
    [Description("Maximum tasks and chunks that are assigned or running.")]
    [Id(2), Range(1, QueueSettings.LargestMaxRunning), WhenNull(0)]
    public int? MaxRunning { get; init; }

    /// <summary>The new <see cref="QueueSettings.MaxDepth"/>; 0 removes the limit.</summary>
    [Description("Maximum scheduled and queued tasks; beyond it, submissions are refused with 429.")]
    [Id(3), Range(1, QueueSettings.LargestMaxDepth), WhenNull(0)]
    public int? MaxDepth { get; init; }

    /// <summary>The new <see cref="QueueSettings.RatePerSecond"/>; 0 removes the limit.</summary>
    [Description("Maximum task starts per second.")]
    [Id(4), Range(QueueSettings.SmallestRate, QueueSettings.LargestRate), WhenNull(0d)]
    public double? RatePerSecond { get; init; }

    /// <summary>The new <see cref="QueueSettings.Burst"/>; 0 sets the default.</summary>
    [Description("By default the rate, rounded up.")]
    [Id(5), Range(1, QueueSettings.LargestBurst), WhenNull(0)]
    public int? Burst { get; init; }

    /// <summary>The new <see cref="QueueSettings.Weight"/>.</summary>
    [Description("The queue's part of a node's slots while other queues want them too; 1 by default.")]
    [Id(7), Range(1, QueueSettings.LargestWeight), WhenNull(QueueSettings.DefaultWeight)]
    public int? Weight { get; init; }

    /// <summary>The new <see cref="QueueSettings.Blackouts"/>, all of them.</summary>
    [Description("Times in which the queue starts no tasks; running tasks continue.")]
    [Id(8), RefersTo("Blackout", IsOfItems = true), MaxLength(ServiceLimits.Blackouts)]
    public ImmutableArray<Blackout>? Blackouts { get; init; }

    /// <summary>The new <see cref="QueueSettings.MinimumIsolation"/>.</summary>
    [Description("Commands of the queue's tasks and jobs are isolated at least so, whatever their specs say. In effect for what starts "
        + "after the call has answered.")]
    [Id(9), WhenNull(Isolation.None)]
    public Isolation? MinimumIsolation { get; init; }

    /// <summary>
    /// The version that the stored settings must have: 0 if the queue must not exist yet, null for any version.
    /// Gateways always set it, so that a delayed change cannot overwrite a newer one.
    /// </summary>
    [Description("If this is not the stored version, the change is refused with 409.")]
    [Id(6), Range(1, double.PositiveInfinity)]
    public long? Version { get; init; }

    /// <summary>The example of the contract.</summary>
    public static QueueChange Example => new((Placement?)null) { Paused = true };

    /// <summary>Returns the settings with this change applied. The version stays the same.</summary>
    public QueueSettings Of(QueueSettings settings) => settings with
    {
        Placement = Placement ?? settings.Placement,
        Paused = Paused ?? settings.Paused,
        MaxRunning = MaxRunning is { } running ? LimitOf(running) : settings.MaxRunning,
        MaxDepth = MaxDepth is { } depth ? LimitOf(depth) : settings.MaxDepth,
        RatePerSecond = RatePerSecond is { } rate ? (rate == 0 ? null : rate) : settings.RatePerSecond,
        Burst = Burst is { } burst ? LimitOf(burst) : settings.Burst,
        Weight = Weight ?? settings.Weight,
        Blackouts = Blackouts ?? settings.Blackouts,
        MinimumIsolation = MinimumIsolation ?? settings.MinimumIsolation,
    };

    private static int? LimitOf(int limit) => limit == 0 ? null : limit;
}

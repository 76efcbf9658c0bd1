using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Rollouts;

/// <summary>A validated body of a rollout, with the contract's defaults for omitted fields.</summary>
public sealed record RolloutSpec
{
    /// <summary>The label with the rollout's id on its tasks.</summary>
    public const string Label = "rollout";

    /// <summary>The human-readable name; the task's name if the body has none.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The task that each node gets. Its queue's dispatcher owns the rollout.</summary>
    public TaskSpec Task { get; internal set; } = new();

    /// <summary>The position in the document of the task and its secrets.</summary>
    public SpecExtent Extent { get; internal set; }

    /// <summary>The labels that a node must carry to be selected; empty selects all nodes.</summary>
    public ImmutableArray<Label> Select { get; internal set; } = [];

    /// <summary>How the rollout proceeds.</summary>
    public RolloutPlan Plan { get; internal set; } = RolloutPlan.Default;

    /// <summary>Copies the whole document without <c>secretEnv</c>.</summary>
    public byte[] CopyBody(ReadOnlySpan<byte> document) =>
        (Extent with { Start = 0, End = document.Length }).CopySpec(document);
}

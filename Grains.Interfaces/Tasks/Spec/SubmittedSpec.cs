namespace OrleansTasks.Tasks.Spec;

/// <summary>A spec out of a larger document.</summary>
/// <param name="Spec">What it says.</param>
/// <param name="Extent">Where it stands.</param>
public readonly record struct SubmittedSpec(TaskSpec Spec, SpecExtent Extent);

namespace OrleansTasks.Tasks.Spec;

/// <summary>A spec from a larger document.</summary>
/// <param name="Spec">The parsed spec.</param>
/// <param name="Extent">The position of the spec in the document.</param>
public readonly record struct SubmittedSpec(TaskSpec Spec, SpecExtent Extent);

using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Files;

/// <summary>Why the artifacts of an attempt cannot be kept.</summary>
/// <param name="Reason">The reason of the attempt's end if the command itself did not fail.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
internal sealed record ArtifactFault(ProcessEndReason Reason, string Message);

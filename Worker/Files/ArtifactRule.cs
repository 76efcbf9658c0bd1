using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Worker.Files;

/// <summary>Which files of a working folder are kept.</summary>
/// <param name="Pattern">Their paths.</param>
/// <param name="IsOptional">Whether the attempt may succeed without such a file.</param>
/// <param name="OnEnded">Whether they are also kept if the command fails.</param>
internal sealed record ArtifactRule(PathPattern Pattern, bool IsOptional, bool OnEnded);

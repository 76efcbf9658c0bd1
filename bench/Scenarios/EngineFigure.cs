namespace OrleansTasks.Bench.Scenarios;

/// <summary>Something that is measured of an engine.</summary>
/// <param name="Name">What.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="MoreIsBetter">Whether a larger value is the better one.</param>
/// <param name="Judged">Whether Embedded must not be the worse one.</param>
public sealed record EngineFigure(string Name, string Unit, bool MoreIsBetter, bool Judged = true);

namespace OrleansTasks.Cli.Doctor;

/// <summary>The result of one check.</summary>
/// <param name="IsWell">Whether the check found no problem.</param>
/// <param name="Check">What was checked.</param>
/// <param name="Text">What was found.</param>
/// <param name="Advice">What to do; null if nothing needs to be done.</param>
internal sealed record Finding(bool IsWell, string Check, string Text, string? Advice = null);

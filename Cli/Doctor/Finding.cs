namespace OrleansTasks.Cli.Doctor;

/// <summary>What one look at the installation gave.</summary>
/// <param name="IsWell">Whether all is well.</param>
/// <param name="Check">What was looked at.</param>
/// <param name="Text">What was found.</param>
/// <param name="Advice">What to do; null when nothing needs to be done.</param>
internal sealed record Finding(bool IsWell, string Check, string Text, string? Advice = null);

namespace OrleansTasks.Client.Http;

/// <summary>A query parameter of a call.</summary>
/// <param name="Name">The parameter's name; case-sensitive.</param>
/// <param name="Description">What it means and which values it takes.</param>
/// <param name="Example">A value for the published contract.</param>
/// <param name="Repeats">Whether it may occur more than once.</param>
public sealed record QueryParameter(string Name, string Description, string Example, bool Repeats = false);

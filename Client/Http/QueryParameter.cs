namespace OrleansTasks.Client.Http;

/// <summary>A query parameter of a call.</summary>
/// <param name="Name">Its name; letter case counts.</param>
/// <param name="Description">What it means and allows.</param>
/// <param name="Example">A value for the published contract.</param>
/// <param name="Repeats">Whether it may come more than once.</param>
public sealed record QueryParameter(string Name, string Description, string Example, bool Repeats = false);

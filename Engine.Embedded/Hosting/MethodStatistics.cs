namespace OrleansTasks.Engine.Embedded;

/// <summary>How often a grain method was called.</summary>
/// <param name="Interface">Full name of the interface.</param>
/// <param name="Method">Name of the method.</param>
/// <param name="Calls">Calls that began to run.</param>
/// <param name="Failures">Calls that ended with an exception.</param>
public sealed record MethodStatistics(string Interface, string Method, long Calls, long Failures);

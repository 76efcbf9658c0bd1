namespace OrleansTasks.Silo.Status;

/// <summary>How often a grain method was called.</summary>
/// <param name="Grain">The grain's interface.</param>
/// <param name="Method">The method.</param>
/// <param name="Calls">How often it began to run.</param>
/// <param name="Failures">How often it ended with an exception.</param>
public sealed record CallCount(string Grain, string Method, long Calls, long Failures);

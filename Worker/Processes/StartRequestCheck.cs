namespace OrleansTasks.Worker.Processes;

/// <summary>Refuses requests that the system could never start, or would start as something else.</summary>
internal static class StartRequestCheck
{
    /// <summary>
    /// The maximum length of a timer. Timers are limited to 2^32 ms (49.7 days), and no contract allows more.
    /// </summary>
    internal static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    /// <summary>Throws if the request is invalid.</summary>
    internal static void Check(StartRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Arguments.Count == 0 || request.Arguments[0].Length == 0)
            throw new ArgumentException("The first argument must be a program.", nameof(request));
        foreach (var argument in request.Arguments) RefuseNul(argument, "An argument");
        foreach (var (name, value) in request.Environment)
        {
            RefuseNul(name, "The name of an environment variable");
            RefuseNul(value, $"The environment variable {name}");
            if (name.Length == 0 || name.Contains('='))
                throw new ArgumentException($"'{name}' is not a valid name of an environment variable.", nameof(request));
        }
        if (request.WorkingDirectory is { } folder) RefuseNul(folder, "The working directory");
        if (request.KeepsInputOpen && !request.Input.IsEmpty)
            throw new ArgumentException("An input that stays open must be written after the start.", nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.MaxOutputBytes, nameof(request));
        if (request.Timeout is not { } timeout) return;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, LongestTimer, nameof(request));
    }

    private static void RefuseNul(string text, string what)
    {
        if (text.Contains('\0')) throw new ArgumentException($"{what} contains a NUL character.", nameof(text));
    }
}

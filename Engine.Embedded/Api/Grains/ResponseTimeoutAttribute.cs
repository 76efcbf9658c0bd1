using System.Globalization;

namespace Orleans;

/// <summary>How long callers of this interface method wait.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResponseTimeoutAttribute : Attribute
{
    /// <summary>A time.</summary>
    /// <param name="timeout">As TimeSpan's text, <c>00:00:10</c>.</param>
    public ResponseTimeoutAttribute(string timeout) =>
        Timeout = TimeSpan.Parse(timeout, CultureInfo.InvariantCulture);

    /// <summary>How long callers wait.</summary>
    public TimeSpan? Timeout { get; init; }
}

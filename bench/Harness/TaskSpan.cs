using System.Diagnostics;

namespace OrleansTasks.Bench.Harness;

/// <summary>When a task was submitted and when its end was known, in timestamps of <see cref="Stopwatch"/>.</summary>
/// <param name="From">Before the request that submits it.</param>
/// <param name="To">After the answer that it has ended.</param>
public readonly record struct TaskSpan(long From, long To)
{
    /// <summary>Its length in milliseconds.</summary>
    public double Length => Stopwatch.GetElapsedTime(From, To).TotalMilliseconds;

    /// <summary>The lengths of many, in milliseconds.</summary>
    public static double[] Milliseconds(IEnumerable<TaskSpan> spans) => [.. spans.Select(static span => span.Length)];
}

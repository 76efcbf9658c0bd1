using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Samples;

/// <summary>
/// How many steps an integer takes to 1, halving even ones and taking three times and one of odd ones; 0 for what is not positive. Nobody
/// knows a closed form.
/// </summary>
[Processor("collatz")]
public sealed class CollatzSteps : IIntegerProcessor
{
    /// <inheritdoc/>
    public void Process(ReadOnlySpan<long> items, Span<long> results)
    {
        for (var i = 0; i < items.Length; i++)
            results[i] = items[i] > 0 ? StepsOf((ulong)items[i]) : 0;
    }

    private static long StepsOf(ulong number)
    {
        var steps = 0L;
        while (number != 1)
        {
            number = (number & 1) == 0 ? number >> 1 : checked((3 * number) + 1);
            steps++;
        }

        return steps;
    }
}

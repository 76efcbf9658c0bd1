using System.Globalization;
using OrleansTasks.Handlers;

namespace OrleansTasks.Samples.Handlers;

/// <summary>
/// <c>countdown SECONDS</c>: prints a line each second, so that you can follow it, cancel it, or end the worker
/// meanwhile.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class Countdown(TimeProvider time) : ITaskHandler
{
    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation)
    {
        if (context.Arguments is not [var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var left))
            return AttemptResult.Failed("countdown takes a number of seconds", 2);
        try
        {
            for (; left > 0; left--)
            {
                await context.Output.WriteLineAsync($"{left}");
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            }

            await context.Output.WriteLineAsync("liftoff");
            return AttemptResult.Succeeded;
        }
        finally
        {
            if (left > 0)
                await context.Error.WriteLineAsync($"stopped at {left}");
        }
    }
}

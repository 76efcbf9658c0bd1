using System.Globalization;
using OrleansTasks.Handlers;

namespace OrleansTasks.Samples.QueueHarness;

/// <summary>A task of the harness: its argument is the time at which it was submitted.</summary>
public sealed class Job(Settings settings, Measures measures) : ITaskHandler
{
    /// <summary>The handler's name.</summary>
    public const string Handler = "harness-job";

    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation)
    {
        var submitted = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(context.Arguments[0], CultureInfo.InvariantCulture));
        measures.Started((TimeProvider.System.GetUtcNow() - submitted).TotalMilliseconds);
        if (settings.WorkMilliseconds > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(settings.WorkMilliseconds), TimeProvider.System, cancellation);
        measures.Completed((TimeProvider.System.GetUtcNow() - submitted).TotalMilliseconds);
        return AttemptResult.Succeeded;
    }
}

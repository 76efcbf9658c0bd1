using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansTasks.Files;
using OrleansTasks.Silo.Files;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Removes files that nothing names, from the start of the silo on, and the oldest artifacts while the files exceed
/// their bound.
/// </summary>
internal sealed partial class FileUpkeep(
    FileSweep sweep,
    FilePlace place,
    IGrainFactory grains,
    IOptions<SiloOptions> options,
    TimeProvider time,
    ILogger<FileUpkeep> logger)
    : BackgroundService
{
    private static readonly TimeSpan BetweenSteps = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RetentionPeriod, time);
        // The folder belongs to this process alone. Whatever is unfinished in it at the start remains so.
        await Try(() => Sweep(isAlone: options.Value.Database is null, stoppingToken));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Try(() => Expire(stoppingToken));
            await Try(() => Sweep(isAlone: false, stoppingToken));
        }
    }

    private async Task Sweep(bool isAlone, CancellationToken cancellation)
    {
        await place.Check();
        if (await sweep.Round(isAlone, cancellation) is > 0 and var removed)
            FilesRemoved(removed);
    }

    private async Task Expire(CancellationToken cancellation)
    {
        if (options.Value.RetentionFiles is null)
            return;
        var retention = grains.GetGrain<IArtifactRetentionGrain>("files");
        while (await retention.Step() is { Tasks: > 0 } step)
        {
            ArtifactsExpired(step.Tasks, step.Bytes);
            if (!step.HasMore)
                break;
            await Task.Delay(BetweenSteps, time, cancellation);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next round may do better.")]
    private async Task Try(Func<Task> round)
    {
        try
        {
            await round();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            RoundFailed(failure);
        }
    }
}

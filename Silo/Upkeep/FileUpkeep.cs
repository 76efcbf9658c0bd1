using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansTasks.Files;
using OrleansTasks.Silo.Files;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>Removes files that nothing names, from the start of the silo on.</summary>
internal sealed partial class FileUpkeep(
    FileSweep sweep, FilePlace place, IOptions<SiloOptions> options, TimeProvider time, ILogger<FileUpkeep> logger)
    : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RetentionPeriod, time);
        // The folder belongs to this process alone. Whatever is unfinished in it at the start remains so.
        await Try(isAlone: options.Value.Database is null, stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await Try(isAlone: false, stoppingToken);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next round may do better.")]
    private async Task Try(bool isAlone, CancellationToken cancellation)
    {
        try
        {
            await place.Check();
            if (await sweep.Round(isAlone, cancellation) is > 0 and var removed)
                FilesRemoved(removed);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            RoundFailed(failure);
        }
    }
}

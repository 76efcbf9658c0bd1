using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansTasks.Cluster;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Gives partitions to the silos that are their homes: ends at most one dispatcher a second whose home has been another silo
/// for <see cref="SiloOptions.MoveAfter"/>, and has the home load the partition.
/// </summary>
public sealed partial class HomeMover(
    SiloHomes homes, LocalDispatchers locals, IGrainFactory grains, IOptions<SiloOptions> options, TimeProvider time,
    ILogger<HomeMover> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly HomeMoves moves = new(options.Value.MoveAfter);
    private readonly long began = time.GetTimestamp();

    /// <summary>Moves the partition that is due, if one is. Does not throw.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the home's keeper wakes the partition.")]
    internal async Task MoveOnce()
    {
        PartitionKey? moving = null;
        try
        {
            var now = (long)time.GetElapsedTime(began).TotalMilliseconds;
            moving = moves.Next(locals.Partitions, homes.IsElsewhere, now);
            if (moving is not { } partition || !locals.End(partition))
                return;
            Moves(partition, homes.Of(partition));
            // This call waits for the end of the dispatcher and makes the next one, at the partition's home.
            await grains.GetGrain<ITaskDispatcherGrain>(partition.ToString()).GetStatus();
        }
        catch (Exception failure)
        {
            NotLoaded(failure, moving);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await MoveOnce();
    }

    [LoggerMessage(EventId = 4311, Level = LogLevel.Information, Message = "Partition {Partition} moves to its home {Home}.")]
    private partial void Moves(PartitionKey partition, string? home);

    [LoggerMessage(EventId = 4312, Level = LogLevel.Warning,
        Message = "Partition {Partition} was not given up, or not loaded right afterwards; its home's keeper tries again.")]
    private partial void NotLoaded(Exception failure, PartitionKey? partition);
}

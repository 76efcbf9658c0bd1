using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansTasks.Cluster;
using OrleansTasks.Dispatch;
using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Moves queues to their homes. Each second, ends at most one dispatcher whose home has been another silo for
/// <see cref="SiloOptions.MoveAfter"/>, and makes the home load the queue.
/// </summary>
public sealed partial class HomeMover(
    SiloHomes homes, LocalDispatchers locals, IGrainFactory grains, IOptions<SiloOptions> options, TimeProvider time,
    ILogger<HomeMover> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly HomeMoves moves = new(options.Value.MoveAfter);
    private readonly long began = time.GetTimestamp();

    /// <summary>Moves one queue if one is due. Does not throw.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the home's keeper wakes the queue.")]
    internal async Task MoveOnce()
    {
        string? moving = null;
        try
        {
            var now = (long)time.GetElapsedTime(began).TotalMilliseconds;
            moving = moves.Next(locals.Queues, homes.IsElsewhere, now);
            if (moving is not { } queue || !locals.End(queue))
                return;
            Moves(queue, homes.Of(queue));
            // This call waits until the dispatcher has ended, and then activates the next one at the queue's home.
            await grains.GetGrain<ITaskDispatcherGrain>(queue).GetStatus();
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

    [LoggerMessage(EventId = 4311, Level = LogLevel.Information, Message = "Moving queue {Queue} to its home {Home}.")]
    private partial void Moves(string queue, string? home);

    [LoggerMessage(EventId = 4312, Level = LogLevel.Warning,
        Message = "Queue {Queue} was not released, or its home did not load it at once; the keeper of its home tries again.")]
    private partial void NotLoaded(Exception failure, string? queue);
}

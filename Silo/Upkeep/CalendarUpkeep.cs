using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Calendars;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Has the calendars computed for another year before their times end: soon after the start of the silo, and then once a
/// day. The grain of calendars does so only where it is necessary, so it does not matter that each silo asks.
/// </summary>
internal sealed partial class CalendarUpkeep(IGrainFactory grains, TimeProvider time, ILogger<CalendarUpkeep> logger)
    : BackgroundService
{
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    /// <summary>Asks once. Returns when to ask the next time, which is sooner after a failure. Does not throw.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next call may do better.")]
    internal async Task<TimeSpan> RenewOnce()
    {
        try
        {
            await grains.GetGrain<ICalendarGrain>(ICalendarGrain.OnlyKey).Renew();
            return Period;
        }
        catch (Exception failure)
        {
            NotRenewed(failure);
            return Again;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var wait = First; ; wait = await RenewOnce())
            await Task.Delay(wait, time, stoppingToken);
    }

    [LoggerMessage(EventId = 4441, Level = LogLevel.Warning,
        Message = "Could not have the calendars computed for another year; trying again shortly.")]
    private partial void NotRenewed(Exception failure);
}

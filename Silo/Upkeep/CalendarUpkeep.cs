using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Calendars;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Asks the calendar grain to compute calendars for another year before their times run out: a minute after the silo
/// starts, and then once a day. The grain renews only calendars that need it, so every silo may ask.
/// </summary>
internal sealed partial class CalendarUpkeep(IGrainFactory grains, TimeProvider time, ILogger<CalendarUpkeep> logger)
    : BackgroundService
{
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    /// <summary>Asks once. Returns the time until the next call: less after a failure. Does not throw.</summary>
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
        Message = "Could not compute the calendars for another year; trying again shortly.")]
    private partial void NotRenewed(Exception failure);
}

using Microsoft.Extensions.Logging;

namespace OrleansTasks.Calendars;

public sealed partial class CalendarGrain
{
    /// <summary>Logged once a day. The calendar keeps the times that are known.</summary>
    [LoggerMessage(800, LogLevel.Warning, "Cannot compute the times of calendar {Calendar} for another year")]
    private partial void LogNotRenewed(string calendar, Exception fault);
}

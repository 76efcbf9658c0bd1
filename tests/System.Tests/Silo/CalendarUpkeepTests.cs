using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Calendars;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What has calendars computed for another year.</summary>
public sealed class CalendarUpkeepTests
{
    [Fact]
    public async Task Renewal_IsDaily_AndSoonerAfterAFailure()
    {
        var isDown = true;
        using var upkeep = new CalendarUpkeep(
            RenewedCalendars.Of(() => isDown ? Task.FromException(new StoreUnavailableException("down")) : Task.CompletedTask),
            TimeProvider.System, NullLogger<CalendarUpkeep>.Instance);

        Assert.Equal(TimeSpan.FromMinutes(10), await upkeep.RenewOnce());
        isDown = false;
        Assert.Equal(TimeSpan.FromDays(1), await upkeep.RenewOnce());
    }
}

/// <summary>The grain of calendars, which can only be told to renew them.</summary>
public class RenewedCalendars : DispatchProxy
{
    private Func<Task> renew = null!;

    /// <summary>Creates references to the grain, which does what a test says.</summary>
    public static IGrainFactory Of(Func<Task> renew) => Of<IGrainFactory>(renew);

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => (targetMethod?.Name, args) switch
    {
        (nameof(IGrainFactory.GetGrain), [ICalendarGrain.OnlyKey, ..]) => Of<ICalendarGrain>(renew),
        (nameof(ICalendarGrain.Renew), _) => renew(),
        _ => throw new NotSupportedException($"{targetMethod} is not scripted."),
    };

    private static T Of<T>(Func<Task> renew)
        where T : class
    {
        var made = Create<T, RenewedCalendars>();
        ((RenewedCalendars)(object)made).renew = renew;
        return made;
    }
}

using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Calendars;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>The silo's daily request to compute the calendars for another year.</summary>
public sealed class CalendarUpkeepTests
{
    [Fact]
    public async Task Renewal_IsDaily_AndSoonerAfterAFailure()
    {
        var isDown = true;
        using var upkeep = new CalendarUpkeep(
            RenewedCalendars.Of(Renew), TimeProvider.System, NullLogger<CalendarUpkeep>.Instance);

        Assert.Equal(TimeSpan.FromMinutes(10), await upkeep.RenewOnce());
        isDown = false;
        Assert.Equal(TimeSpan.FromDays(1), await upkeep.RenewOnce());

        Task Renew() => isDown ? Task.FromException(new StoreUnavailableException("down")) : Task.CompletedTask;
    }
}

/// <summary>A calendar grain. A test scripts its only method, <see cref="ICalendarGrain.Renew"/>.</summary>
public class RenewedCalendars : DispatchProxy
{
    private Func<Task> renew = null!;

    /// <summary>Creates a factory of references to the grain.</summary>
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

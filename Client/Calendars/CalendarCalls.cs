using OrleansTasks.Calendars;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Calendars;

/// <summary>Shows and changes calendars.</summary>
/// <param name="grains">The calendars.</param>
/// <param name="time">The clock.</param>
public sealed class CalendarCalls(GatewayGrains grains, TimeProvider time)
{
    private const string InvalidCode = "invalid-calendar";

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Lists the calendars by name.</summary>
    internal async Task List(HttpContext context)
    {
        var all = new List<CalendarAnswer>();
        foreach (var head in await grains.Calendars.Heads())
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            if (await grains.Calendars.Find(head.Name) is { } calendar)
                all.Add(CalendarAnswer.Of(calendar, uses: null, Now));
        }

        await ContractJson.Send(context, new WholeList<CalendarAnswer>(all));
    }

    /// <summary>Returns one calendar.</summary>
    internal async Task Get(HttpContext context)
    {
        var name = NameIn(context);
        if (!CalendarSpecReader.IsName(name) || await grains.Calendars.Find(name) is not { } calendar)
            throw NoCalendar();
        await ContractJson.Send(context, CalendarAnswer.Of(calendar, await grains.Calendars.Uses(name), Now));
    }

    /// <summary>Creates a calendar, or replaces one.</summary>
    internal async Task Put(HttpContext context)
    {
        var name = NameIn(context);
        if (!CalendarSpecReader.IsName(name))
            throw new ProblemException(Problems.Invalid(InvalidCode,
                [new SpecError("name", $"'{StrictReader.Quote(name)}' is not a calendar's name: it must match {SpecRules.QueueName}")]));
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        if (CalendarSpecReader.Read(body, errors) is not { } spec)
            throw new ProblemException(Problems.Of(errors, InvalidCode));
        var onlyCreates = CreateOnly.IsAsked(context, spec.Version);
        var reply = await grains.Writes.Once(() => grains.Calendars.Put(name, body, onlyCreates ? 0 : spec.Version));
        switch (reply.Outcome)
        {
            case CalendarOutcome.Conflict when onlyCreates:
                throw new ProblemException(Problems.AlreadyExists("calendar"));
            case CalendarOutcome.Conflict:
                throw new ProblemException(Problems.VersionConflict(reply.Calendar?.Version));
            case CalendarOutcome.TooMany:
                throw new ProblemException(Problems.TooManyCalendars());
            case CalendarOutcome.Invalid:
                throw new ProblemException(Problems.Invalid(InvalidCode, [.. reply.Errors.Select(static one => new SpecError(one.Path, one.Text))]));
        }

        if (reply.IsNew)
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers.Location = $"/api/v1/calendars/{name}";
        }

        if (context.MayRead())
        {
            var uses = await grains.Writes.ThenRead(() => grains.Calendars.Uses(name));
            await ContractJson.Send(context, CalendarAnswer.Of(reply.Calendar!, uses, Now));
            return;
        }

        var json = JsonAnswer.Rent();
        BriefAnswer.Write(json.Writer, name, null, reply.Calendar!.Version, "name");
        await json.Send(context.Response);
    }

    /// <summary>Deletes a calendar that nothing uses.</summary>
    internal async Task Delete(HttpContext context)
    {
        var name = NameIn(context);
        var reply = CalendarSpecReader.IsName(name)
            ? await grains.Writes.Once(() => grains.Calendars.Delete(name))
            : new CalendarReply(CalendarOutcome.NotFound);
        switch (reply.Outcome)
        {
            case CalendarOutcome.NotFound:
                throw NoCalendar();
            case CalendarOutcome.InUse:
                throw new ProblemException(Problems.CalendarInUse(reply.Uses));
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static string NameIn(HttpContext context) => context.Request.RouteValues["name"] as string ?? "";

    private static ProblemException NoCalendar() => new(Problems.NotFound("No calendar has this name; /api/v1/calendars lists all calendars."));
}

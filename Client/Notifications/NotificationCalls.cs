using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Notifications;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Notifications;

/// <summary>Shows, changes and tests notifications.</summary>
/// <param name="grains">The notifications.</param>
/// <param name="time">The clock.</param>
public sealed class NotificationCalls(GatewayGrains grains, TimeProvider time)
{
    private const string InvalidCode = "invalid-notification";

    /// <summary>Lists the notifications by name.</summary>
    internal async Task List(HttpContext context) => await ContractJson.Send(
        context, new WholeList<NotificationAnswer>((await grains.Notifications.List()).Select(NotificationAnswer.Of)));

    /// <summary>Returns one notification.</summary>
    internal async Task Get(HttpContext context)
    {
        var name = NameIn(context);
        var found = (await grains.Notifications.List()).FirstOrDefault(one => one.Name == name)
            ?? throw NoNotification();
        await ContractJson.Send(context, NotificationAnswer.Of(found));
    }

    /// <summary>Creates a notification, or replaces its settings.</summary>
    internal async Task Put(HttpContext context)
    {
        var name = NameIn(context);
        if (!NotificationSpecReader.IsName(name))
            throw Invalid("name",
                $"'{StrictReader.Quote(name)}' is not a notification's name: it must match {SpecRules.QueueName}");
        var body = await RequestBody.ReadJson(context, ServiceLimits.NotificationBytes, time);
        var errors = new SpecErrors();
        var spec = NotificationSpecReader.Read(body, errors)
            ?? throw new ProblemException(Problems.Of(errors, InvalidCode));
        var onlyCreates = CreateOnly.IsAsked(context, version: null);
        var stored = NullMembers.Drop(body);
        var reply = await grains.Writes.Once(() => onlyCreates
            ? grains.Notifications.Create(name, stored) : grains.Notifications.Put(name, stored));
        switch (reply.Outcome)
        {
            case NotificationOutcome.Exists:
                throw new ProblemException(Problems.AlreadyExists("notification"));
            case NotificationOutcome.TooMany:
                throw new ProblemException(Problems.TooManyNotifications());
            case NotificationOutcome.Refused:
                throw Invalid($"to.{spec.Channel.ToString().ToLowerInvariant()}", reply.Fault!);
            case NotificationOutcome.Created:
                context.Response.StatusCode = StatusCodes.Status201Created;
                context.Response.Headers.Location = $"/api/v1/notifications/{name}";
                break;
        }

        await ContractJson.Send(context, NotificationAnswer.Of(reply.Notification!));
    }

    /// <summary>Deletes a notification.</summary>
    internal async Task Delete(HttpContext context)
    {
        var (isDeleted, isRepeated) = await grains.Writes.Repeatedly(
            () => grains.Notifications.Delete(NameIn(context)));
        // If the call was repeated, the first one may have deleted it.
        if (!isDeleted && !isRepeated)
            throw NoNotification();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Sends a test message and returns the outcome.</summary>
    internal async Task Test(HttpContext context)
    {
        var reply = await grains.Writes.Once(() => grains.Notifications.Test(NameIn(context)));
        if (reply.Outcome == NotificationOutcome.NotFound)
            throw NoNotification();
        await ContractJson.Send(context, new NotificationTestAnswer(reply.Fault is null, reply.Fault));
    }

    private static string NameIn(HttpContext context) => context.Request.RouteValues["name"] as string ?? "";

    private static ProblemException NoNotification() =>
        new(Problems.NotFound("No notification has this name; /api/v1/notifications lists all notifications."));

    private static ProblemException Invalid(string path, string message) =>
        new(Problems.Invalid(InvalidCode, [new SpecError(path, message)]));
}

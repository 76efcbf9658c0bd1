using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Notifications;

/// <summary>The calls under <c>/notifications</c>.</summary>
public static class NotificationRoutes
{
    private const string Root = "/api/v1/notifications";
    private const string One = Root + "/{name}";
    private const string Tag = "notifications";

    private static readonly ApiCall List = new("GET", Root, Scopes.Admin, Tag, "List the notifications by name.")
    { Answer = typeof(WholeList<NotificationAnswer>), Refusals = [503] };

    private static readonly ApiCall Get = new(
        "GET", One, Scopes.Admin, Tag, "Get a notification, and whether its messages arrive.")
    { Answer = typeof(NotificationAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Put =
        new("PUT", One, Scopes.Admin, Tag,
            "Create a notification (201), for events from now on, or replace its settings.")
        {
            Audit = AuditActions.PutNotification, Headers = [CreateOnly.Header], Body = typeof(NotificationBody),
            Answer = typeof(NotificationAnswer), MayCreate = true, Refusals = [409, 412, 422, 503, 504],
        };

    private static readonly ApiCall Delete = new(
        "DELETE", One, Scopes.Admin, Tag, "Delete a notification. A message that is being sent may still arrive.")
    { Audit = AuditActions.DeleteNotification, RefusesBody = true, Success = 204, Refusals = [404, 503, 504] };

    private static readonly ApiCall Test =
        new("POST", One + "/test", Scopes.Admin, Tag, "Send a test message and return the outcome.")
        { RefusesBody = true, Answer = typeof(NotificationTestAnswer), Refusals = [404, 503, 504] };

    /// <summary>Maps the calls.</summary>
    public static void MapNotifications(this IEndpointRouteBuilder routes)
    {
        var notifications = routes.ServiceProvider.GetRequiredService<NotificationCalls>();
        routes.MapCall(List, notifications.List);
        routes.MapCall(Get, notifications.Get);
        routes.MapCall(Put, notifications.Put);
        routes.MapCall(Delete, notifications.Delete);
        routes.MapCall(Test, notifications.Test);
    }
}

using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>The calls under <c>/operations</c>.</summary>
public static class UndoRoutes
{
    private const string Root = "/api/v1/operations/{id}";

    private static readonly ApiCall Get =
        new("GET", Root, Scopes.Read, "tasks", "Get a cancel or retry of tasks, and until when it can be undone.")
        { Answer = typeof(OperationAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Undo =
        new("POST", Root + "/undo", Scopes.Submit, "tasks",
            "Undo a cancel or retry for tasks that have not started since.")
        {
            Audit = AuditActions.UndoTasks, RefusesBody = true, Answer = typeof(UndoneAnswer), Refusals = [404, 409, 503, 504],
        };

    /// <summary>Maps the calls.</summary>
    public static void MapUndo(this IEndpointRouteBuilder routes)
    {
        var undo = routes.ServiceProvider.GetRequiredService<UndoCalls>();
        routes.MapCall(Get, undo.Get);
        routes.MapCall(Undo, undo.Undo);
    }
}

using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Files;

/// <summary>The calls about the files that tasks left.</summary>
public static class ArtifactRoutes
{
    private const string Root = "/api/v1/tasks/{id}/artifacts";

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, "tasks", "List the files that a task left, by path.")
    {
        Query =
        [
            new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
            new("cursor", "An earlier answer's nextCursor, to continue after it.", "b3V0L2EudHh0"),
        ],
        Answer = typeof(ArtifactListAnswer), Refusals = [404, 410, 503],
    };

    private static readonly ApiCall Get = new("GET", Root + "/{path}", Scopes.Read, "tasks", "Get a file that a task left, or a range of it.")
    {
        Route = Root + "/{**path}", Produces = FileSending.AnyType, Headers = ["Range"],
        Refusals = [404, 410, 416, 503],
    };

    private static readonly ApiCall Tar = new("GET", Root + ".tar", Scopes.Read, "tasks", "Get all files that a task left, as a tar archive.")
    { Produces = "application/x-tar", Refusals = [404, 410, 503] };

    private static readonly ApiCall Zip = new("GET", Root + ".zip", Scopes.Read, "tasks", "Get all files that a task left, as a zip archive.")
    { Produces = "application/zip", Refusals = [404, 410, 503] };

    private static readonly ApiCall OfWorkflow = new(
        "GET", "/api/v1/workflows/{id}/artifacts", Scopes.Read, "workflows",
        "List the files that the nodes of a workflow left, by node, item and path.")
    { Query = List.Query, Answer = typeof(WorkflowArtifactListAnswer), Refusals = [404, 410, 503] };

    private static readonly ApiCall OfJob = new(
        "GET", "/api/v1/jobs/{id}/artifacts", Scopes.Read, "jobs",
        "List the files that a job left: results.ndjson, if results of its spec asks for it.")
    { Query = List.Query, Answer = typeof(ArtifactListAnswer), Refusals = [404, 503] };

    /// <summary>Maps the calls.</summary>
    public static void MapArtifacts(this IEndpointRouteBuilder routes)
    {
        var artifacts = routes.ServiceProvider.GetRequiredService<ArtifactCalls>();
        routes.MapCall(List, context => artifacts.List(context, List));
        routes.MapCall(OfWorkflow, context => artifacts.ListOfWorkflow(context, OfWorkflow));
        routes.MapCall(OfJob, context => artifacts.ListOfJob(context, OfJob));
        routes.MapCall(Get, artifacts.Get);
        routes.MapCall(Tar, artifacts.GetTar);
        routes.MapCall(Zip, artifacts.GetZip);
    }
}

using OrleansTasks.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Files;

/// <summary>The calls under <c>/files</c>.</summary>
public static class FileRoutes
{
    private const string Root = "/api/v1/files";
    private const string Bytes = "application/octet-stream";

    private static readonly ApiCall Post = new("POST", Root, Scopes.Submit, "files", "Store a file.")
    { Body = "FileBytes", BodyType = Bytes, Answer = typeof(UploadedFileAnswer), MayCreate = true, Refusals = [503, 504, 507] };

    private static readonly ApiCall Put = Post with
    { Method = "PUT", Path = Root + "/{file}", Refusals = [422, 503, 504, 507], Summary = "Store a file under the name that its bytes must have; nothing is read if it is there." };

    private static readonly ApiCall Missing =
        new("POST", Root + "/missing", Scopes.Submit, "files", "Find out which of up to 10,000 files are not stored.")
        { Body = typeof(FileNamesBody), Answer = typeof(MissingFilesAnswer), Refusals = [422, 503] };

    private static readonly ApiCall Archive =
        new("POST", Root + "/archive", Scopes.Submit, "files", "Store each file of a tar archive.")
        { Body = "FileBytes", BodyType = FileCalls.ArchiveType, Answer = typeof(WholeList<ArchivedFileAnswer>), Success = 201, Refusals = [422, 503, 504, 507] };

    private static readonly ApiCall Get = new("GET", Root + "/{file}", Scopes.Read, "files", "Get the bytes of a file, or a range of them.")
    { Produces = Bytes, Headers = ["Range"], Refusals = [404, 416, 503] };

    private static readonly ApiCall List = new("GET", Root, Scopes.Operate, "files", "List the stored files, the oldest or the largest first.")
    {
        Query =
        [
            new("sort", "age: the oldest first, which is the default; size: the largest first.", "size"),
            new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
            new("cursor", "An earlier answer's nextCursor, to continue after it.", "AAAAAAAAAAAAAAAA"),
        ],
        Answer = typeof(CursorList<StoredFileAnswer>), Refusals = [429, 503],
    };

    /// <summary>Maps the calls.</summary>
    public static void MapFiles(this IEndpointRouteBuilder routes)
    {
        var files = routes.ServiceProvider.GetRequiredService<FileCalls>();
        routes.MapCall(Post, context => files.Store(context, expected: null));
        routes.MapCall(Put, files.Put);
        routes.MapCall(Missing, files.Missing);
        routes.MapCall(Archive, files.StoreArchive);
        routes.MapCall(Get, files.Get);
        routes.MapCall(List, context => files.List(context, List));
    }
}

using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.OpenApi;

/// <summary>Publishes the HTTP contract.</summary>
public static class OpenApiRoutes
{
    private static readonly ApiCall Get =
        new("GET", "/openapi/v1.json", Scopes.Read, "operations", "Get this contract as OpenAPI 3.1.");

    /// <summary>
    /// Maps <c>/openapi/v1.json</c>, which describes every mapped call, even one that is mapped later.
    /// </summary>
    public static void MapOpenApi(this IEndpointRouteBuilder routes)
    {
        var version = typeof(OpenApiRoutes).Assembly.GetName().Version?.ToString(3) ?? "0";
        var document = new Lazy<byte[]>(() => OpenApiDocument.Describe(
            [
                .. routes.DataSources.SelectMany(source => source.Endpoints)
                    .Select(endpoint => endpoint.Metadata.GetMetadata<ApiCall>()).OfType<ApiCall>(),
            ],
            version));
        routes.MapCall(Get, async context =>
        {
            context.Response.ContentType = "application/json";
            await context.SendKept(document.Value);
        });
    }
}

using System.Net;

namespace OrleansTasks.Client.Hosting;

/// <summary>What the service prints when it is ready.</summary>
internal static class Announcement
{
    /// <summary>Writes where the service is, and how to use it.</summary>
    public static void Write(TextWriter output, ServiceOptions options, IPEndPoint listens)
    {
        var url = Url(options, listens);
        output.WriteLine($$"""
            OrleansTasks {{ServiceVersion.Text}} is ready.
              http   {{url}}
              data   {{options.Data}}
              worker {{Worker(options.Slots)}}
            Remote workers cannot connect in this version: nothing listens on --grpc ({{options.Grpc}}).
            Try: curl -X POST -H 'Content-Type: application/json' -d '{"cmd":"touch /tmp/hello-distributed-system"}' {{url}}/tasks
            """);
        output.Flush();
    }

    private static string Worker(int slots) => slots == 0 ? "none in this process" : $"in this process, {slots} slots";

    private static string Url(ServiceOptions options, IPEndPoint listens)
    {
        if (options.PublicUrl is not null)
            return options.PublicUrl.GetLeftPart(UriPartial.Authority);
        var scheme = options.TlsCert is null ? "http" : "https";
        var any = listens.Address.Equals(IPAddress.Any) || listens.Address.Equals(IPAddress.IPv6Any);
        return any ? $"{scheme}://{Environment.MachineName}:{listens.Port}" : $"{scheme}://{listens}";
    }
}

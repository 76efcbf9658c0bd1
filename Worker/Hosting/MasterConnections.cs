using OrleansTasks.Grpc.Client;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Hosting;

/// <summary>Makes a worker's connections to its masters.</summary>
internal static class MasterConnections
{
    private static readonly KeyValuePair<string, string>[] Metadata =
        [new(NodeServiceMethods.VersionKey, NodeServiceMethods.Version)];

    /// <summary>A connection to one master; it is made with the first call.</summary>
    internal static MasterConnection Open(Uri master) =>
        new(new GrpcChannelOptions { Address = master, Metadata = Metadata });
}

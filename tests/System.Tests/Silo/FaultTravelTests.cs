using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Serialization;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Storage;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Exceptions through Orleans' serializer, as a silo and a gateway set it up.</summary>
public sealed class FaultTravelTests : IDisposable
{
    private readonly ServiceProvider services = Services();

    /// <summary>Every exception of ours, and some of the libraries that grains and stores use.</summary>
    public static TheoryData<string> Causes =>
    [
        .. Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Where(static file => IsOurs(Path.GetFileNameWithoutExtension(file)))
            .SelectMany(static file => Assembly.LoadFrom(file).GetTypes())
            .Where(static type => type.IsAssignableTo(typeof(Exception)) && !type.IsAbstract)
            .Append(typeof(NpgsqlException)).Append(typeof(SocketException)).Append(typeof(JsonException)).Append(typeof(StrangeException))
            .Append(typeof(Google.Protobuf.InvalidProtocolBufferException))
            .Select(static type => type.AssemblyQualifiedName!).Distinct(),
    ];

    public void Dispose() => services.Dispose();

    [Theory]
    [MemberData(nameof(Causes))]
    public void Store_FailsBecauseOfAnything_TheCallerIsToldThatItFailed(string type)
    {
        var cause = (Exception)RuntimeHelpers.GetUninitializedObject(Type.GetType(type, throwOnError: true)!);
        Assert.Equal("gone", Assert.IsType<StoreUnavailableException>(Sent(new StoreUnavailableException("gone", cause))).Message);
        Assert.Equal("open", Assert.IsType<OutcomeUnknownException>(Sent(new OutcomeUnknownException("open", cause))).Message);
        Assert.Equal(cause.GetType(), Sent(cause).GetType());
    }

    [Fact]
    public void Fault_OfADatabase_KeepsItsWords()
    {
        var refusal = new PostgresException("the database system is shutting down", "FATAL", "FATAL", "57P03");
        var cause = new NpgsqlException("not reached", new IOException("closed", new SocketException(111)));
        Assert.Contains("57P03", Sent(new StoreUnavailableException("gone", refusal)).InnerException!.Message, StringComparison.Ordinal);
        Assert.Equal("not reached", Sent(new StoreUnavailableException("gone", cause)).InnerException!.Message);
        Assert.Equal(2, Assert.IsType<AggregateException>(Sent(new AggregateException(cause, refusal))).InnerExceptions.Count);
    }

    [Fact]
    public void Fault_OfATypeThatTheReaderHasNot_TellsItsName()
    {
        var bytes = services.GetRequiredService<Serializer>().SerializeToArray<Exception>(new StrangeException());
        var name = typeof(StrangeException).FullName!;
        var other = name.Replace(nameof(StrangeException), "AbsentException_", StringComparison.Ordinal)[..name.Length];
        var at = bytes.AsSpan().IndexOf(global::System.Text.Encoding.UTF8.GetBytes(name));
        global::System.Text.Encoding.UTF8.GetBytes(other).CopyTo(bytes, at);
        var read = services.GetRequiredService<Serializer>().Deserialize<Exception>(bytes);
        Assert.Contains("Absent", Assert.IsType<UnavailableExceptionFallbackException>(read).ExceptionType, StringComparison.Ordinal);
        Assert.Equal("strange", read.Message);
    }

    private Exception Sent(Exception fault)
    {
        var serializer = services.GetRequiredService<Serializer>();
        return serializer.Deserialize<Exception>(serializer.SerializeToArray(fault))!;
    }

    private static bool IsOurs(string name) =>
        name is "Grains" or "Grains.Interfaces" or "Processing" or "Storage" or "Silo" or "Client" or "Worker"
            || name.StartsWith("OrleansTasks", StringComparison.Ordinal);

    private static ServiceProvider Services()
    {
        var services = new ServiceCollection().AddSerializer();
        OrleansCommon.CarryFaults(services);
        return services.BuildServiceProvider();
    }

    /// <summary>An exception that nobody registered.</summary>
    private sealed class StrangeException() : Exception("strange");
}

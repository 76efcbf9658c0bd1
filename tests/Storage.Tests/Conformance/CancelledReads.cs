using System.Reflection;
using OrleansTasks.Audit;
using OrleansTasks.Jobs;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>Reads of a store whose caller has gone.</summary>
internal static class CancelledReads
{
    /// <summary>
    /// Calls every method of a contract that takes a token with one that is cancelled. Each must say so: one that does
    /// not pass the token on answers as if nothing had happened.
    /// </summary>
    /// <returns>The names of the methods that were called.</returns>
    public static async Task<string[]> EndAll(Type contract, object store)
    {
        var methods = contract.GetMethods().Where(static method => TokenOf(method) is not null).ToArray();
        foreach (var method in methods)
        {
            var arguments = method.GetParameters().Select(Argument).ToArray();
            var fault = await Record.ExceptionAsync(async () => await (Task)method.Invoke(store, arguments)!);
            Assert.True(fault is OperationCanceledException, $"{contract.Name}.{method.Name} ignored its token: {fault}");
        }

        return [.. methods.Select(static method => method.Name)];
    }

    /// <summary>The parameter by which a read is ended; null when there is none.</summary>
    public static ParameterInfo? TokenOf(MethodInfo method) =>
        method.GetParameters().SingleOrDefault(static one => one.ParameterType == typeof(CancellationToken));

    private static object? Argument(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var type when type == typeof(CancellationToken) => new CancellationToken(canceled: true),
        var type when type == typeof(string) => "q",
        var type when type == typeof(TaskFilter) => TaskFilter.All,
        var type when type == typeof(JobFilter) => JobFilter.All,
        var type when type == typeof(TaskListQuery) => new TaskListQuery(TaskFilter.All, TaskSort.Ended, 0, null, 1, AsRows: true),
        var type when type == typeof(TaskHistogramQuery) => new TaskHistogramQuery(TaskFilter.All, 1, 1),
        var type when type == typeof(FailureQuery) => new FailureQuery(null, null, null, null, 0, 1),
        var type when type == typeof(AuditQuery) => new AuditQuery(null, null, null, null, 1),
        { IsValueType: true } type => Activator.CreateInstance(type),
        _ => null,
    };
}

using System.Text;
using OrleansTasks.Client.Contract;
using OrleansTasks.Queues;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>Bodies that records describe.</summary>
public sealed class BodyReaderTests
{
    [Fact]
    public void Read_EveryField_FillsTheRecord()
    {
        const string body = """
            {"strategy":"roundRobin","paused":true,"maxRunning":1,"maxDepth":100000000,"ratePerSecond":0.001,"burst":2,"weight":100,"version":9223372036854775807}
            """;

        Assert.Equal(
            new QueueChange(Placement.RoundRobin)
            {
                Paused = true, MaxRunning = 1, MaxDepth = 100_000_000, RatePerSecond = 0.001, Burst = 2, Weight = 100, Version = long.MaxValue,
            },
            Read(body, out _));
        Assert.Equal(Empty(), Read("{}", out _));
    }

    [Fact]
    public void Read_Null_IsTheDefaultWhereThereIsOne()
    {
        const string body = """
            {"strategy":null,"paused":null,"maxRunning":null,"maxDepth":null,"ratePerSecond":null,"burst":null,"weight":null,"blackouts":null,"version":null}
            """;

        Assert.Equal(
            new QueueChange(Placement.LeastLoaded) { Paused = false, MaxRunning = 0, MaxDepth = 0, RatePerSecond = 0, Burst = 0, Weight = 1, Blackouts = [] },
            Read(body, out _));
    }

    [Theory]
    [InlineData("""{"maxRunning":0}""", "maxRunning: must be a whole number from 1 to 1000000")]
    [InlineData("""{"maxRunning":1.5}""", "maxRunning: must be a whole number from 1 to 1000000")]
    [InlineData("""{"maxDepth":100000001}""", "maxDepth: must be a whole number from 1 to 100000000")]
    [InlineData("""{"ratePerSecond":0.0009}""", "ratePerSecond: must be a number from 0.001 to 1000000")]
    [InlineData("""{"ratePerSecond":1e400}""", "ratePerSecond: must be a number from 0.001 to 1000000")]
    [InlineData("""{"version":99999999999999999999}""", "version: must be a whole number from 1 to 9223372036854775807")]
    [InlineData("""{"paused":"yes"}""", "paused: must be true or false, but is a string")]
    [InlineData("""{"strategy":"Random"}""", "strategy: is 'Random'; allowed are leastLoaded, roundRobin and pack")]
    [InlineData("""{"strategy":1}""", "strategy: must be a string, but is a number")]
    [InlineData("""{"stratgy":"roundRobin"}""", "stratgy: unknown field; did you mean 'strategy'?")]
    [InlineData("""{"Paused":true}""", "Paused: unknown field; did you mean 'paused'?")]
    [InlineData(
        """{"colour":1}""",
        "colour: unknown field; the fields are strategy, paused, maxRunning, maxDepth, ratePerSecond, burst, weight, blackouts, minimumIsolation, version")]
    [InlineData("""{"blackouts":{}}""", "blackouts: must be an array, but is an object")]
    [InlineData("""{"blackouts":[{"calendar":"A"}]}""", "blackouts[0].calendar: 'A' is not a calendar's name: it must match [a-z0-9][a-z0-9._-]{0,63}")]
    [InlineData("""{"blackouts":[{"from":"2026-01-01T00:00:00Z"}]}""", "blackouts[0]: must have either calendar, or from and to")]
    [InlineData(
        """{"blackouts":[{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}]}""", "blackouts[0].to: must be later than from")]
    [InlineData("""{"burst":{},"weight":[0]}""", "burst: must be a whole number, but is an object", "weight: must be a whole number, but is an array")]
    [InlineData("""[1]""", "$: must be an object, but is an array")]
    public void Read_Faults_AreAllNamed(string body, params string[] faults)
    {
        Assert.Null(Read(body, out var errors));
        Assert.Equal(faults, errors.Items.Select(static fault => $"{fault.Path}: {fault.Message}"));
    }

    [Theory]
    [InlineData("""{"paused":true,"paused":false}""", "An object has the name 'paused' more than once.")]
    [InlineData("""{"xyz":1,"xyz":2}""", "An object has the name 'xyz' more than once.")]
    [InlineData("""{} x""", "'x' is invalid after a single JSON value")]
    [InlineData("""{"paused":tru}""", "'tru}' is an invalid JSON literal")]
    public void Read_WhatIsNotJson_IsMalformed(string body, string fault)
    {
        Assert.Null(Read(body, out var errors));
        Assert.StartsWith(fault, errors.Malformed, StringComparison.Ordinal);
    }

    private static QueueChange Empty() => new((Placement?)null);

    private static QueueChange? Read(string body, out SpecErrors errors)
    {
        errors = new SpecErrors();
        return BodyReader.Read(Encoding.UTF8.GetBytes(body), Empty(), errors);
    }
}

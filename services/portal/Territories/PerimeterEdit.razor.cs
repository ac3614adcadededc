using System.Globalization;
using Fabrique.Identity.V1;
using Fabrique.Territories.V1;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;

namespace Fabrique.Portal.Territories;

/// <summary>Declaring a territory that no official list has, and, once it has a delegation, keeping its members up to date.</summary>
public sealed partial class PerimeterEdit(
    PerimeterService.PerimeterServiceClient perimeters,
    TerritoryPlaces places,
    TerritoryService.TerritoryServiceClient territories,
    IdentityService.IdentityServiceClient identity,
    NavigationManager navigation,
    IAntiforgery antiforgery
) : EditPage(antiforgery)
{
    private const int MostFound = 12;

    private static readonly string[] MemberKinds = ["COM", "CC", "CA", "CU", "ME", "EPT"];

    private List<(string Code, string Label)> _mine = [];
    private IReadOnlyList<Territory>? _found;
    private Perimeter? _declared;
    private int? _failure;
    private bool _asked;
    private long _version;
    private string _code = "";
    private string _query = "";
    private string _reason = "";

    [SupplyParameterFromQuery(Name = "territoire")]
    public string? Chosen { get; set; }

    [SupplyParameterFromQuery(Name = "etat")]
    public string? State { get; set; }

    private bool IsRevision => Http.Request.Path.Value!.Contains("/mon-territoire/", StringComparison.Ordinal);

    private string Heading => IsRevision ? T["Les membres de votre territoire"] : T["Déclarer un territoire"];

    private string Action =>
        To(IsRevision ? $"/mon-territoire/perimetre?territoire={Uri.EscapeDataString(_code)}" : "/rejoindre/perimetre");

    private string Draft => IsRevision ? $"perimetre-{_code}" : "perimetre";

    protected override async Task OnInitializedAsync()
    {
        if (HttpMethods.IsPost(Http.Request.Method))
        {
            Form = MessageForm.Of(Http.Request.Form, PerimeterFields.All);
            _query = $"{Http.Request.Form["_q"]}".Trim();
            _version = long.TryParse(Http.Request.Form["_version"], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                ? version
                : 0;
        }
        else if (Http.User.Identity is not { IsAuthenticated: true })
        {
            navigation.NavigateTo(SignIn(To(Http.Request.Path + Http.Request.QueryString)));
            return;
        }
        _code = Http.User.ChosenTerritory(Chosen);
        if (!IsRevision)
        {
            _mine = [.. (await places.NamesAsync(Http.User.WritableTerritories())).Select(name => (name.Key, name.Value))];
            Form ??= new MessageForm(PerimeterFields.All);
        }
        else if (Form is null)
        {
            await OpenAsync();
        }
    }

    private async Task OpenAsync()
    {
        var answer = await perimeters.GetPerimeterAsync(new() { Id = _code }).Answer();
        if (answer.Value is not { Perimeter: var perimeter })
        {
            _failure = _code.Length == 0 ? StatusCodes.Status403Forbidden : answer.StatusCode;
            return;
        }
        Form = new MessageForm(PerimeterFields.All);
        Form.Set("name", perimeter.Name);
        Form.Set("validTo", perimeter.ValidTo);
        Form.Set(
            "members",
            string.Join(
                '\n',
                perimeter
                    .Members.Where(member => member.To.Length == 0)
                    .Select(member => PerimeterFields.Line(member.Territory, member.Name, member.Department))
            )
        );
        (_version, Outcome) = (perimeter.Record?.Version ?? 0, State == "enregistre" ? FormOutcome.Saved : FormOutcome.None);
    }

    protected override async Task PressAsync(string verb, string what)
    {
        switch (verb)
        {
            case "find":
                _found = _query.Length == 0 ? [] : (
                            await territories
                                .ListTerritoriesAsync(
                                    new()
                                    {
                                        Query = _query,
                                        Kind = { MemberKinds },
                                        PageSize = MostFound,
                                    }
                                )
                                .Answer()
                        ).Value?.Territories;
                break;
            case "take":
                Form!.Set("members", $"{Form.Value("members")}\n{what}".Trim());
                _query = "";
                break;
            case "save" when IsRevision:
                await ReviseAsync();
                break;
            default:
                await DeclareAsync();
                break;
        }
    }

    private async Task DeclareAsync()
    {
        if (_mine.Count == 0)
        {
            // Said together with the rest, and before anything is declared.
            foreach (
                var (path, message) in new[]
                {
                    ("family", T["Choisissez la famille d’acteurs dont vous êtes."]),
                    ("function", T["Dites ce que vous y faites."]),
                }.Where(field => Form!.Value(field.Item1).Length == 0)
            )
            {
                Form!.Refuse(path, message);
            }
        }
        if (Read<DeclarePerimeterRequest>() is not { } request)
        {
            return;
        }
        request.Members.Clear();
        request.Members.AddRange(PerimeterFields.Codes(Form!.Value("members")));
        var answer = await perimeters.DeclarePerimeterAsync(request).Answer();
        if (answer.Value is not { Perimeter: var declared })
        {
            Refuse(answer);
            return;
        }
        _declared = declared;
        if (_mine.Count == 0)
        {
            var asked = await identity
                .CreateJoinRequestAsync(
                    new()
                    {
                        Territory = declared.Id,
                        Family = Form.Value("family"),
                        Function = Form.Value("function"),
                        Proof = Form.Value("proof"),
                    }
                )
                .Answer();
            _asked = asked.Value is not null;
        }
    }

    private async Task ReviseAsync()
    {
        if (Read<RevisePerimeterRequest>() is not { } request)
        {
            return;
        }
        (request.Id, request.Version) = (_code, _version);
        request.Members.Clear();
        request.Members.AddRange(PerimeterFields.Codes(Form!.Value("members")));
        var answer = await perimeters.RevisePerimeterAsync(request).Answer();
        if (answer.Value is not null)
        {
            navigation.NavigateTo($"{Action}&etat=enregistre");
            return;
        }
        Refuse(answer);
    }

    private void Refuse<TAnswer>(Answer<TAnswer> answer)
        where TAnswer : class
    {
        _reason = answer.Error!.Status.Detail;
        Stop(Form!.Stopped(answer));
    }
}

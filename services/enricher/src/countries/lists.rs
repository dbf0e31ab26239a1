//! Words that decide whether a place's name is a mention of the place. Closed classes of English, no names.

use crate::gazetteer::words;
use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

/// Sets of words by the hash of the folded word.
#[derive(Debug)]
pub struct Lists {
    /// Behind a name: it names water, a mountain and the like.
    pub water: HashSet<u64>,
    /// Before `of` and a name: the same.
    pub water_of: HashSet<u64>,
    /// Behind a name: it names a disease, an animal, a dish.
    pub thing: HashSet<u64>,
    /// Behind a name: it names a street.
    pub street: HashSet<u64>,
    /// Behind a name, in capitals: it names a company, a newspaper, a club.
    pub company: HashSet<u64>,
    /// Behind a name: a county or parish.
    pub county: HashSet<u64>,
    /// Before a name, in capitals: it names a club (`AS Monaco`, `Sporting Lisbon`) or an airline (`Air Canada`).
    pub club_before: HashSet<u64>,
    /// Behind a name, in capitals, as next word or the one after it: it names a team.
    pub team: HashSet<u64>,
    /// Before `Bank of`: a bank of commerce, which does not speak for its country.
    pub bank_before: HashSet<u64>,
    /// Before a language.
    pub language_before: HashSet<u64>,
    /// Behind a language.
    pub language_behind: HashSet<u64>,
    /// Names of languages, beside the demonyms that are such.
    pub languages: HashSet<u64>,
    /// Before a person's name.
    pub title: HashSet<u64>,
    /// Between the members of a list.
    pub list: HashSet<u64>,
    /// Before a place: `in`, `from`, `near`.
    pub place_before: HashSet<u64>,
    /// Words that local news of the United States is full of.
    pub american: HashSet<u64>,
    /// Two words that name an office of local government, as in the United States.
    pub offices: Vec<(u64, u64)>,
    /// Verbs of which a person is the subject: `said`, `told`.
    pub says: HashSet<u64>,
    /// Words of politics, in whose company a surname is a leader's.
    pub politics: HashSet<u64>,
    /// Behind a name, in capitals, where the tagger sees a longer organisation: it names a company.
    pub trade: HashSet<u64>,
    /// Relatives: `her daughter Brittany`, `Georgia's father`.
    pub kin: HashSet<u64>,
    /// Behind the possessive of a name that is also a state's of the United States: offices that only a state has.
    pub state_office: HashSet<u64>,
    /// Words of air travel, in whose company `Emirates` is an airline.
    pub aviation: HashSet<u64>,
    /// Before `US` in a line of capitals: it is the pronoun.
    pub before_us: HashSet<u64>,
    /// Before a name: a part of the place.
    pub part: HashSet<u64>,
    /// Country and sign of its money.
    pub local: Vec<(&'static str, &'static str)>,
    /// Words of local news to the place of their country in `local`.
    pub local_words: HashMap<u64, usize>,
    /// Behind a saint's name: a building or an institution.
    pub church: HashSet<u64>,
}

/// Country, words of its local news, sign of its money. Words that two of them have stand with neither.
const LOCAL: [(&str, &str, &str); 6] = [
    (
        "GB",
        "councillor councillors cllr borough constabulary pensioner pensioners pupils headteacher magistrates \
         motorway carriageway ofsted lorry midlands ward shire fete allotment allotments gcse gcses msp msps hosepipe postcode pcso",
        "£",
    ),
    (
        "CA",
        "opp rcmp const cbc postsecondary hydro toonie francophone riding cegep snowbirds loonie mountie mounties",
        "C$",
    ),
    (
        "AU",
        "nsw qld bushfire bushfires centrelink ute grazier brigalow jackaroo kangaroo wallaby tafe footy paddock paddocks koala koalas rsl anzac",
        "A$",
    ),
    ("NZ", "iwi marae whanau maori kiwis", "NZ$"),
    ("IN", "lakh lakhs crore crores panchayat taluk tehsil mandal rs labourers ganja", "₹"),
    ("NG", "naira lga lgas okada danfo amotekun", "₦"),
];

fn set(words: &str) -> HashSet<u64> {
    words.split_whitespace().map(words::hash).collect()
}

/// The lists.
pub fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| Lists {
        water: set("ocean sea seas strait straits gulf channel river rivers sound bight basin current trench delta"),
        water_of: set("gulf sea bay strait straits bight isthmus cape sound"),
        thing: set(
            "virus viruses ebolavirus hantavirus worm worms flu influenza fever encephalitis measles disease syndrome strain variant \
             pig pigs hen hens fowl vulture vultures shepherd shepherds terrier terriers retriever retrievers \
             sprouts sprout nut nuts fries toast pastry pastries cheese hat hats muffin muffins ham sausage sausages \
             setter spaniel bulldog bulldogs mastiff wolfhound wolfhounds hound hounds greyhound greyhounds onion onions mustard waffle waffles \
             rat rats spruce goose geese tiger tigers knotweed elm rug rugs roulette wave summer hemorrhagic haemorrhagic oak pine maple salad yogurt yoghurt dressing syrup",
        ),
        street: set(
            "street st road rd avenue ave drive lane boulevard blvd highway hwy parkway pkwy terrace turnpike pike \
             crescent expressway",
        ),
        company: set(
            "airlines airways inc corp ltd llc plc holdings times post tribune herald gazette telegraph chronicle \
             observer courier globe journal bulletin mercury examiner inquirer sentinel dispatch magazine united fc afc cf rovers wanderers albion \
             hotspur records motors instruments bancorp pharmaceuticals",
        ),
        county: set("county parish counties"),
        club_before: set(
            "air fc afc ac as cf cska olympique sporting dynamo dinamo lokomotiv spartak atletico real deportivo \
             borussia hapoel maccabi partizan shakhtar zenit racing hertha eintracht torpedo",
        ),
        team: set(
            "yankees mets leafs canadiens sox cubs lakers clippers celtics knicks nets bulls pistons pacers cavaliers \
             raptors sixers 76ers hornets wizards mavericks rockets spurs grizzlies pelicans nuggets timberwolves blazers \
             jazz warriors cowboys patriots steelers ravens bengals browns colts texans jaguars titans broncos chiefs \
             raiders chargers packers vikings bears lions falcons panthers saints buccaneers rams seahawks 49ers \
             dodgers padres astros mariners athletics phillies orioles pirates brewers cardinals royals twins tigers \
             guardians bruins sabres penguins flyers islanders rangers capitals hurricanes blackhawks predators \
             avalanche oilers flames canucks senators thunder heat magic wild kraken lightning wings ducks kings sharks devils \
             stars blues bucks hawks suns nationals reds rockies rays marlins giants diamondbacks braves angels eagles \
             commanders crows magpies bombers demons swans roosters rabbitohs storm crusaders brumbies stormers waratahs \
             chargers indians galaxy dynamo fever mercury dream liberty sparks aces",
        ),
        bank_before: set("royal commercial industrial merchants"),
        language_before: set(
            "little in into speak speaks spoke speaking spoken learn learns learned learning learnt teach teaches taught \
             teaching study studies studied studying fluent translated translate read reads write writes written \
             subtitled dubbed broken fluently perfect basic understand understands understood",
        ),
        language_behind: set(
            "language languages speaking speaker speakers subtitles translation translations dictionary grammar \
             lessons classes class teacher teachers alphabet script",
        ),
        languages: set(
            "arabic hindi urdu latin mandarin cantonese persian farsi hebrew swahili bengali tamil kurdish pashto dari \
             yiddish esperanto gaelic zulu xhosa afrikaans hausa yoruba igbo amharic spanish french english german \
             italian portuguese russian chinese japanese korean turkish dutch swedish norwegian danish finnish polish \
             czech hungarian greek romanian bulgarian serbian croatian ukrainian vietnamese thai indonesian malay \
             tagalog irish welsh basque catalan icelandic estonian latvian lithuanian slovak slovenian albanian \
             armenian georgian nepali burmese lao",
        ),
        title: set(
            "mr mrs ms miss dr prof professor sir lord lady dame president minister chancellor senator governor \
             congressman congresswoman representative sen rep gov gen col lt capt sgt general colonel lieutenant \
             captain sergeant major admiral king queen prince princess pope bishop archbishop cardinal sheikh judge \
             justice mayor coach actor actress singer director officer detective deputy sheriff chief secretary \
             spokesman spokeswoman ambassador author pastor rev reverend father sister brother imam rabbi",
        ),
        list: set("and or"),
        place_before: set("in near from at outside to across throughout around toward towards leaving visiting"),
        american: set(
            "sheriff sheriffs interstate county counties zip freshman sophomore varsity statewide councilman \
             superintendent turnpike selectmen alderman aldermen township kindergarten homecoming midterm \
             congressman congresswoman elementary preschool grader graders ordinance deputies trooper troopers dui \
             felony misdemeanor",
        ),
        offices: [
            "School District",
            "School Board",
            "High School",
            "Middle School",
            "Elementary School",
            "Police Department",
            "Fire Department",
            "City Council",
            "City Hall",
            "Community College",
            "Highway Patrol",
        ]
        .iter()
        .filter_map(|pair| pair.split_once(' '))
        .map(|(a, b)| (words::hash(a), words::hash(b)))
        .collect(),
        politics: set(
            "president presidents minister ministers government governments parliament parliamentary summit election \
             elections electoral tariffs sanctions cabinet chancellor troops army diplomat diplomats coalition lawmakers \
             ministry ceasefire war peace veto vetoed opposition ruling party voters vote treaty leaders premier kremlin \
             nato embassy junta constitution referendum",
        ),
        trade: set(
            "mobile telecom telecommunications unicom tobacco steel foods food tower towers petroleum oil gas motor \
             electric energy insurance assurance life mutual financial finance capital partners group technologies \
             technology systems semiconductor pharma cement mining minerals resources gold brewing breweries beverages \
             railway railways rail shipping lines logistics chemical chemicals software pictures studios hotels \
             resorts stores kitchen crown post bank banking securities properties realty builders furniture outfitters \
             eagle standard express water power aluminium aluminum copper sugar paper glass rubber robotics labs",
        ),
        kin: set(
            "father mother brother sister son daughter sons daughters wife husband parents uncle aunt grandfather \
             grandmother grandson granddaughter nephew niece cousin boyfriend girlfriend fiance fiancee twin twins",
        ),
        state_office: set("governor gov legislature"),
        aviation: set(
            "airline airlines airways flight flights jet jets aircraft airliner airbus boeing passengers pilots pilot cabin fleet",
        ),
        before_us: set(
            "tell tells told give gives gave let lets help helps helped show shows teach teaches taught join contact follow \
             ask asks asked make makes made keep keeps leave leaves take takes took bring brings remind reminds save \
             saves unite unites divide divides teaching telling among all both",
        ),
        part: set(
            "northern southern eastern western central north south east west northeast northwest southeast southwest \
             northeastern northwestern southeastern southwestern mainland downtown greater rural coastal inner outer",
        ),
        local: LOCAL.iter().map(|(country, _, money)| (*country, *money)).collect(),
        local_words: LOCAL
            .iter()
            .enumerate()
            .flat_map(|(at, (_, words, _))| words.split_whitespace().map(move |word| (words::hash(word), at)))
            .collect(),
        church: set(
            "church cathedral hospital university college school parish academy basilica chapel convent abbey monastery \
             seminary cemetery centre center house and coptic catholic orthodox lutheran episcopal anglican prep medical",
        ),
        says: set("said says told added asked wrote writes tweeted replied insisted recalled explained"),
    })
}
